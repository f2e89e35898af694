import { afterEach, expect, test } from "vitest";
import {
  applyEvent,
  confirmChange,
  dropChange,
  isShown,
  pendingChanges,
  showChange,
} from "./pending-changes";

const TRASHED = { version: 5, trashed: true, favorite: false };
const RESTORED = { version: 6, trashed: false, favorite: false };

afterEach(() => dropChange(["a", "b"]));

test("a photo on its way to the trash is in the trash, and no longer in the library", () => {
  showChange(["a"], { libraryState: "trash" });
  expect(isShown(pendingChanges(), "a")).toBe(false);
  expect(isShown(pendingChanges(), "a", "trash")).toBe(true);
  expect(isShown(pendingChanges(), "b")).toBe(true);
});

test("an event from before the change was made takes nothing back", () => {
  showChange(["a"], { libraryState: "trash" });
  applyEvent("a", RESTORED);
  expect(isShown(pendingChanges(), "a")).toBe(false);
  confirmChange("a", RESTORED.version);
  applyEvent("a", RESTORED);
  expect(isShown(pendingChanges(), "a")).toBe(false);
});

test("a later change made elsewhere is shown", () => {
  showChange(["a"], { libraryState: "trash" });
  confirmChange("a", TRASHED.version);
  applyEvent("a", TRASHED);
  expect(isShown(pendingChanges(), "a")).toBe(false);
  applyEvent("a", RESTORED);
  expect(isShown(pendingChanges(), "a")).toBe(true);
});
