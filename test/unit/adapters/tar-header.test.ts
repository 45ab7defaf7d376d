import t from "tap";
import { readRootHeader, rootHeader } from "../../../src/adapters/files/tarHeader.ts";

t.test("the top folder's entry says whose it is and is read back", async (t) => {
  for (const root of [
    { uid: 999, gid: 998, mode: 0o2750 },
    { uid: 0, gid: 0, mode: 0o700 },
    { uid: 65_535, gid: 65_535, mode: 0o1777 },
  ]) {
    const block = rootHeader(root);
    t.equal(block.length, 512);
    t.same(readRootHeader(block), root);
  }
});

t.test("what is no such entry is not taken for one", async (t) => {
  const block = rootHeader({ uid: 1, gid: 2, mode: 0o755 });
  const changed = (at: number, text: string): Buffer => {
    const copy = Buffer.from(block);
    copy.write(text, at, "latin1");
    return copy;
  };
  t.equal(readRootHeader(Buffer.alloc(512)), undefined, "the end of an empty archive");
  t.equal(readRootHeader(block.subarray(0, 511)), undefined, "a torn one");
  t.equal(readRootHeader(changed(108, "0000007")), undefined, "a damaged one");
  t.equal(readRootHeader(changed(0, "f\0")), undefined, "a file's");
  t.equal(readRootHeader(Buffer.alloc(512, 0x1f)), undefined, "a compressed one");
});
