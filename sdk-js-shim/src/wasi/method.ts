/** Methods. The WIT has cases for some, whose names are those of the methods in lower case. */

import type { Method } from "./wit.js";

const CASES = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

export function methodToWit(method: string): Method {
  return CASES.includes(method) ? { tag: method.toLowerCase() } : { tag: "other", val: method };
}

export function methodFromWit({ tag, val }: Method): string {
  return tag === "other" ? (val ?? "") : tag.toUpperCase();
}
