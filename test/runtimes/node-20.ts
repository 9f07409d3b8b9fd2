import { fileURLToPath } from "node:url";

/** Where `npm run test:setup` puts Node 20, the oldest that the built library promises to run on. */
export const NODE_20 = fileURLToPath(new URL("../../build/node-20/node_modules/.bin/node", import.meta.url));
