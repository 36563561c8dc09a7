// The build bundles this file if the program refers to `Buffer` and is built with unenv.
export { Buffer } from "node:buffer";
