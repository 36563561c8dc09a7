import assert from "node:assert/strict";
import { test } from "node:test";
import { VariableError, variables } from "spin-fetch";
import { MockAgent } from "spin-fetch/testing";

/** What `variables.get` throws. */
function thrownBy(name) {
  try {
    return variables.get(name);
  } catch (error) {
    return error;
  }
}

test("a test sets the values of variables, and the errors of the host", async () => {
  const broken = new VariableError("provider", "the vault is sealed");
  const agent = new MockAgent({ variables: { token: "secret", empty: "", a_b2: "é", broken } });
  await agent.run(() => {
    assert.deepEqual(["token", "empty", "a_b2"].map(variables.get), ["secret", "", "é"]);
    assert.equal(thrownBy("broken"), broken);
  });
});

test("a variable without a value is an error with a code, and with what to do", async () => {
  await new MockAgent().run(() => {
    for (const [name, code, message] of [
      ["token", "undefined", /^variables\.get\("token"\): .*no variable "token"; .*\[variables\]/],
      ["toString", "invalid-name", /"toString" is not the name .*lower-case letters/],
      ["constructor", "undefined", /no variable "constructor"/],
      ["", "invalid-name", /"" is not the name/],
      ["a-b", "invalid-name", /separated by `_`/],
      ["a__b", "invalid-name", /"a__b"/],
      ["a_1", "invalid-name", /"a_1"/],
    ]) {
      const error = thrownBy(name);
      assert(error instanceof VariableError, name);
      assert.equal(error.name, "VariableError");
      assert.deepEqual([error.code, error.variable], [code, name]);
      assert.match(error.message, message);
    }
  });
});

test("a name that is not text is a TypeError", async () => {
  await new MockAgent().run(() => {
    for (const name of [undefined, null, 5, {}, Symbol("a")]) {
      const error = thrownBy(name);
      assert(error instanceof TypeError, String(error));
      assert.match(error.message, /^variables\.get: the name is .*; pass a string$/);
    }
  });
});

test("without an agent there is no host, and the error says what to pass", () => {
  const error = thrownBy("token");
  assert(error instanceof VariableError);
  assert.equal(error.code, "no-host");
  assert.match(error.message, /"token".*pass `variables` to the MockAgent/);
});

test("concurrent agents have separate variables", async () => {
  const run = (name) =>
    new MockAgent({ variables: { name } }).run(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(variables.get("name"), name);
    });
  await Promise.all(["a", "b", "c"].map(run));
});

test("variables that no host could have are errors of the test", () => {
  for (const [given, message] of [
    [{ Token: "a" }, /the variable "Token" of MockAgent has an invalid name/],
    [{ port: 80 }, /the variable `port` of MockAgent is 80; pass a string or a VariableError/],
    [{ port: undefined }, /`port` of MockAgent is undefined/],
  ]) {
    assert.throws(() => new MockAgent({ variables: given }), message);
  }
  assert.throws(() => new MockAgent({ variable: {} }), /did you mean `variables`\?/);
});
