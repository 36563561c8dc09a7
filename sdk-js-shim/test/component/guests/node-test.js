// Replaces `node:test` inside the engine: collects the tests, and runs them on request.

const tests = [];

export function test(name, run) {
  tests.push({ name, run });
}

/** Runs every test. Returns the failure of each, or null. */
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
