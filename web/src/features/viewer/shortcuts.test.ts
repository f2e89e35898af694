// @vitest-environment jsdom
import { expect, test } from "vitest";
import { commandOf, isKeyOfElement, SHORTCUTS } from "./shortcuts";

const PLAIN = { ctrlKey: false, metaKey: false, altKey: false };

test.each([
  ["ArrowRight", "next"],
  ["ArrowLeft", "previous"],
  ["Escape", "close"],
  ["f", "favorite"],
  ["F", "favorite"],
  ["i", "information"],
  ["Delete", "trash"],
  ["+", "zoomIn"],
  ["=", "zoomIn"],
  ["-", "zoomOut"],
  ["−", "zoomOut"],
  ["0", "wholePicture"],
  ["?", "shortcuts"],
  [" ", "slideshow"],
])("%s means %s", (key, command) => {
  expect(commandOf({ ...PLAIN, key }, false)).toBe(command);
});

test("from right to left the arrows change places, and nothing else does", () => {
  expect(commandOf({ ...PLAIN, key: "ArrowRight" }, true)).toBe("previous");
  expect(commandOf({ ...PLAIN, key: "ArrowLeft" }, true)).toBe("next");
  for (const { command, keys, withCtrl = false } of SHORTCUTS) {
    if (command === "next" || command === "previous") continue;
    for (const key of keys) {
      expect(commandOf({ ...PLAIN, key, ctrlKey: withCtrl }, true)).toBe(command);
    }
  }
});

test("each key has one meaning", () => {
  const keys = SHORTCUTS.flatMap((each) => each.keys.map((key) => `${each.withCtrl} ${key}`));
  expect(new Set(keys).size).toBe(keys.length);
});

test("keys of the browser stay the browser's", () => {
  expect(commandOf({ ...PLAIN, key: "f", ctrlKey: true }, false)).toBeUndefined();
  expect(commandOf({ ...PLAIN, key: "i", metaKey: true }, false)).toBeUndefined();
  expect(commandOf({ ...PLAIN, key: "ArrowLeft", altKey: true }, false)).toBeUndefined();
  expect(commandOf({ ...PLAIN, key: "z", metaKey: true }, false)).toBe("undo");
  expect(commandOf({ ...PLAIN, key: "q" }, false)).toBeUndefined();
});

test("keys belong to fields, and those that press to what can be pressed", () => {
  const page = new DOMParser().parseFromString(
    "<textarea></textarea><button><i></i></button><div role=radiogroup><b></b></div><p></p>",
    "text/html",
  );
  const at = (selector: string) => page.querySelector(selector);
  expect(isKeyOfElement(at("textarea"), "f")).toBe(true);
  expect(isKeyOfElement(at("b"), "ArrowRight")).toBe(true);
  expect(isKeyOfElement(at("b"), "f")).toBe(false);
  expect(isKeyOfElement(at("i"), " ")).toBe(true);
  expect(isKeyOfElement(at("button"), "ArrowRight")).toBe(false);
  expect(isKeyOfElement(at("p"), " ")).toBe(false);
  expect(isKeyOfElement(null, " ")).toBe(false);
});
