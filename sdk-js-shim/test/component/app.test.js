// The tests in `app` share a component for each backend, because building one takes half a minute.

import "./app/handlers.js";
import "./app/oracle.js";
import "./app/checks.js";
import "./app/platform.js";
import "./app/proxy.js";
import "./app/hostile.js";
import "./app/wasi-http.js";
