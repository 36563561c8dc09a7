// Stands for `node:test` inside the engine: collects the tests, and runs them when asked.

const tests = [];

export function test(name, run) {
  tests.push({ name, run });
}

/** Runs every test; each gets `ok`, or how it failed. */
export async function runTests() {
  const results = [];
  for (const { name, run } of tests) {
    try {
      await run();
      results.push({ name, failure: null });
    } catch (error) {
      results.push({ name, failure: `${error}\n${error?.stack}` });
    }
  }
  return results;
}
