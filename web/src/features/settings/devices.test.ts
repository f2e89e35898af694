import { expect, test } from "vitest";
import { deviceOf, isHandheld } from "./devices";

const LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const WINDOWS =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0";
const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
const ANDROID =
  "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36";

test.each([
  [LINUX, "Firefox", "Linux"],
  [WINDOWS, "Edge", "Windows"],
  [IPHONE, "Safari", "iPhone"],
  [ANDROID, "Chrome", "Android"],
  ["python-httpx/0.28", undefined, undefined],
  ["", undefined, undefined],
])("%s", (userAgent, browser, system) => {
  expect(deviceOf(userAgent)).toEqual({ browser, system });
});

test("phones and tablets are told from computers", () => {
  expect([LINUX, WINDOWS, IPHONE, ANDROID].map((each) => isHandheld(deviceOf(each)))).toEqual([
    false,
    false,
    true,
    true,
  ]);
});
