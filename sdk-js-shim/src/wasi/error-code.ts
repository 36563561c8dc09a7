/**
 * The error codes of `wasi:http`, by their names in the WIT, and the code of the SDK's error for each.
 *
 * The SDKs share this table; a test compares it with `host-test-harness/conformance/wasi-error-codes.json`.
 */

import type { SpinHttpErrorCode } from "../error.js";

export const ERROR_CODES: Readonly<Record<string, SpinHttpErrorCode>> = {
  "DNS-timeout": "runtime-error",
  "DNS-error": "runtime-error",
  "destination-not-found": "runtime-error",
  "destination-unavailable": "runtime-error",
  "destination-IP-prohibited": "destination-not-allowed",
  "destination-IP-unroutable": "runtime-error",
  "connection-refused": "runtime-error",
  "connection-terminated": "runtime-error",
  "connection-timeout": "runtime-error",
  "connection-read-timeout": "runtime-error",
  "connection-write-timeout": "runtime-error",
  "connection-limit-reached": "too-many-requests",
  "TLS-protocol-error": "runtime-error",
  "TLS-certificate-error": "runtime-error",
  "TLS-alert-received": "runtime-error",
  "HTTP-request-denied": "destination-not-allowed",
  "HTTP-request-length-required": "request-error",
  "HTTP-request-body-size": "request-error",
  "HTTP-request-method-invalid": "unsupported-method",
  "HTTP-request-URI-invalid": "invalid-url",
  "HTTP-request-URI-too-long": "invalid-url",
  "HTTP-request-header-section-size": "runtime-error",
  "HTTP-request-header-size": "runtime-error",
  "HTTP-request-trailer-section-size": "runtime-error",
  "HTTP-request-trailer-size": "runtime-error",
  "HTTP-response-incomplete": "runtime-error",
  "HTTP-response-header-section-size": "runtime-error",
  "HTTP-response-header-size": "runtime-error",
  "HTTP-response-body-size": "runtime-error",
  "HTTP-response-trailer-section-size": "runtime-error",
  "HTTP-response-trailer-size": "runtime-error",
  "HTTP-response-transfer-coding": "runtime-error",
  "HTTP-response-content-coding": "runtime-error",
  "HTTP-response-timeout": "runtime-error",
  "HTTP-upgrade-failed": "runtime-error",
  "HTTP-protocol-error": "runtime-error",
  "loop-detected": "runtime-error",
  "configuration-error": "runtime-error",
  "internal-error": "runtime-error",
};
