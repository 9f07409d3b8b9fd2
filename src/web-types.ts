// Names of the web that the published declarations use, and that a program lacks which compiles without TypeScript's DOM
// library, as many for Node do, or with one from before WebGPU. Empty, they merge with the real ones.

declare global {
  namespace WebAssembly {
    interface Module {}
    interface Memory {}
  }
  interface GPU {}
}

export {};
