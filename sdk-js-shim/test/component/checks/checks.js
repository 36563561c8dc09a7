// Checks of the Fetch Standard, in the groups of the Web Platform Tests. A check passes if it does not throw.
//
// `platform.json` has the outcome of each over both backends.

import { abort } from "./abort.js";
import { basic } from "./basic.js";
import { body } from "./body.js";
import { headers } from "./headers.js";
import { redirect } from "./redirect.js";
import { request } from "./request.js";
import { response } from "./response.js";

const groups = { basic, headers, request, response, redirect, abort, body };

/** Runs each check with an upstream. Returns "pass", or why it fails, by the group and the name of the check. */
export async function runChecks(base) {
  const other = base.replace("127.0.0.1", "localhost");
  const outcomes = {};
  for (const [group, checks] of Object.entries(groups)) {
    for (const [name, check] of Object.entries(checks)) {
      outcomes[`${group}: ${name}`] = await outcomeOf(() => check({ base, other }));
    }
  }
  return outcomes;
}

async function outcomeOf(check) {
  try {
    await check();
    return "pass";
  } catch (error) {
    return String(error?.message ?? error).trim();
  }
}
