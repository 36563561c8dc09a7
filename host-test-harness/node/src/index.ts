/**
 * Tests of WebAssembly components and Spin applications, with mocked upstreams.
 *
 * @module
 */

export {
  App,
  type AppOptions,
  type Limits,
  type OutboundCall,
  type RecordOptions,
  type Report,
  type Sweep,
  type SweepRun,
} from "./app.js";
export { HarnessError, type HarnessErrorKind } from "./error.js";
export type { AppResponse } from "./exchange.js";
export {
  any,
  del,
  Expectation,
  get,
  head,
  options,
  patch,
  post,
  put,
  request,
  type Times,
} from "./expectation.js";
export {
  type BodyPiece,
  bytes,
  type Fault,
  fault,
  json,
  MockResponse,
  pieces,
  type Responder,
  type Responses,
  stalled,
  status,
  text,
  tooManyRequests,
} from "./mock-response.js";
export { Mocks, type MocksOptions, UnmetMocksError } from "./mocks.js";
export { ReceivedRequest } from "./received.js";
export type { RequestLike } from "./request.js";
export { glob, prefix, type UrlLike, UrlPattern } from "./url-pattern.js";
export type { FieldsInit } from "./values.js";
