/** What an import of a .wasm file is in Cloudflare Workers. */
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
