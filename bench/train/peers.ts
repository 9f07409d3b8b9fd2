import { OwnPackages } from "../../scripts/own-packages.ts";

export const PEERS = new OwnPackages(new URL(".", import.meta.url));
