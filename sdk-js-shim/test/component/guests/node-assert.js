// Replaces the part of `node:assert/strict` that the tests use, inside the engine.

function fail(message, got, want) {
  const shown = [got, want].map((value) => {
    try {
      return JSON.stringify(value) ?? String(value);
    } catch {
      return String(value);
    }
  });
  throw new Error(`${message ?? ""} got ${shown[0]}, want ${shown[1]}`);
}

export default function assert(value, message) {
  if (!value) fail(message, value, "something true");
}

assert.equal = (got, want, message) => {
  if (!Object.is(got, want)) fail(message, got, want);
};

assert.notEqual = (got, other, message) => {
  if (Object.is(got, other)) fail(message, got, "another value");
};

assert.deepEqual = (got, want, message) => {
  if (!isDeepEqual(got, want)) fail(message, got, want);
};

assert.match = (text, pattern, message) => {
  if (!pattern.test(text)) fail(message, text, String(pattern));
};

assert.fail = (message) => fail(message);

assert.throws = (callback, expected, message) => {
  let thrown;
  try {
    callback();
  } catch (error) {
    thrown = { error };
  }
  check(thrown, expected, message);
};

assert.rejects = async (promise, expected, message) => {
  const settle = (error) => ({ error });
  check(await Promise.resolve(promise).then(() => undefined, settle), expected, message);
};

function check(thrown, expected, message) {
  if (!thrown) fail(message, "no exception", expected?.name ?? String(expected));
  const { error } = thrown;
  if (expected === undefined || expected === error) return;
  if (expected instanceof RegExp) assert.match(String(error), expected, message);
  else if (typeof expected !== "function") fail(message, String(error), String(expected));
  else if (expected.prototype instanceof Error || expected === Error) {
    if (!(error instanceof expected)) fail(message, String(error), expected.name);
  } else if (expected(error) !== true) fail(message, String(error), "what the check wants");
}

function isDeepEqual(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && isDeepEqual(a[key], b[key]));
}
