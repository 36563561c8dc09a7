/** `stream()` of a `Blob`. */

import { BodySource } from "../body-source.js";
import { define } from "../define.js";

/**
 * Replaces the engine's stream of a blob, whose chunks are tasks of the event loop: one that waits for a
 * response would not see a task that is added later, such as that of a request body.
 */
export function replaceBlobStream(): void {
  define(Blob.prototype, {
    stream(this: Blob) {
      return new BodySource({ blob: this }).stream;
    },
  });
}
