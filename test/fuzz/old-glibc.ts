// The fuzzer's addon is built against glibc 2.38 and GCC 13's libstdc++, of which it uses three symbols. Where the system is
// older, those symbols come from a library that is compiled here and loaded before; the addon's own demand for the versions
// is made a weak one.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const STAND_INS = `
#include <stdlib.h>
long __isoc23_strtol(const char *text, char **end, int base) { return strtol(text, end, base); }
unsigned long __isoc23_strtoul(const char *text, char **end, int base) { return strtoul(text, end, base); }
void _ZSt21ios_base_library_initv(void) {}
`;

const SECTION_NEEDED_VERSIONS = 0x6ffffffe;
const WEAK = 2;

/**
 * What has to be in the environment for the addon to load.
 *
 * @param addon its path; it is changed where it must be
 * @param folder for the library
 */
export function environmentFor(addon: string, folder: string): Readonly<Record<string, string>> {
  if (!isOlderGlibc()) return {};
  const library = join(folder, "stand-ins.so");
  if (!existsSync(library)) {
    mkdirSync(folder, { recursive: true });
    execFileSync("cc", ["-shared", "-fPIC", "-x", "c", "-", "-o", library], { input: STAND_INS });
  }
  const bytes = readFileSync(addon);
  if (weakenVersions(bytes, ["GLIBC_2.38", "GLIBCXX_3.4.32"])) {
    // By rename: another run may have the old one in its memory.
    writeFileSync(`${addon}.new`, bytes);
    renameSync(`${addon}.new`, addon);
  }
  return { LD_PRELOAD: library };
}

function isOlderGlibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const [major, minor] = (header.glibcVersionRuntime ?? "").split(".").map(Number);
  return major === 2 && minor! < 38;
}

/** Marks versions that a 64-bit ELF file needs as ones that it can do without. @returns whether any was not before */
function weakenVersions(elf: Buffer, names: readonly string[]): boolean {
  let changed = false;
  const sections = Number(elf.readBigUInt64LE(0x28));
  const [size, count] = [elf.readUInt16LE(0x3a), elf.readUInt16LE(0x3c)];
  const section = (index: number) => {
    const at = sections + index * size;
    const [offset, link] = [Number(elf.readBigUInt64LE(at + 0x18)), elf.readUInt32LE(at + 0x28)];
    return { type: elf.readUInt32LE(at + 4), offset, link };
  };
  for (let index = 0; index < count; index++) {
    const { type, offset, link } = section(index);
    if (type !== SECTION_NEEDED_VERSIONS) continue;
    const strings = section(link).offset;
    const nameAt = (at: number) => elf.toString("latin1", strings + at, elf.indexOf(0, strings + at));
    for (let file = offset, next = 1; next !== 0; file += next) {
      next = elf.readUInt32LE(file + 12);
      let version = file + elf.readUInt32LE(file + 8);
      for (let left = elf.readUInt16LE(file + 2); left > 0; left--) {
        if (names.includes(nameAt(elf.readUInt32LE(version + 8))) && elf.readUInt16LE(version + 4) !== WEAK) {
          elf.writeUInt16LE(WEAK, version + 4);
          changed = true;
        }
        version += elf.readUInt32LE(version + 12);
      }
    }
  }
  return changed;
}
