/** A program that replaces `Promise`, and what `then` of the engine's promises returns, as zone.js does. */

const Native = Promise;
const { then } = Native.prototype;

class OtherPromise {
  #native;

  constructor(executor) {
    this.#native = new Native(executor);
  }

  static from(native) {
    return new OtherPromise((resolve, reject) => then.call(native, resolve, reject));
  }

  static resolve(value) {
    return OtherPromise.from(Native.resolve(value));
  }

  static reject(reason) {
    return OtherPromise.from(Native.reject(reason));
  }

  static race(promises) {
    return OtherPromise.from(Native.race(promises));
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise.
  then(onFulfilled, onRejected) {
    return OtherPromise.from(then.call(this.#native, onFulfilled, onRejected));
  }

  catch(onRejected) {
    return this.then(undefined, onRejected);
  }

  finally(onSettled) {
    const pass = (value) => {
      onSettled();
      return value;
    };
    const fail = (reason) => {
      onSettled();
      throw reason;
    };
    return this.then(pass, fail);
  }
}

globalThis.Promise = OtherPromise;
// biome-ignore lint/suspicious/noThenProperty: it is that of a promise.
Native.prototype.then = function (...handlers) {
  return OtherPromise.from(then.apply(this, handlers));
};

export default {
  async fetch(request) {
    if (request.method === "DELETE") Native.reject(new Error("unhandled"));
    if (request.method !== "POST") return new Response("z".repeat(1_000_000));
    const { signal } = new AbortController();
    const response = await fetch("http://upstream.test/", {
      method: "POST",
      body: await request.text(),
      signal,
    });
    return new Response(await response.text());
  },
};
