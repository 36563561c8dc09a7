// The build bundles this file if the program refers to `URLPattern`.
export { URLPattern } from "urlpattern-polyfill/urlpattern";
