declare module "@bytecodealliance/wizer" {
  /** The path of the executable. */
  const path: string;
  export default path;
}
