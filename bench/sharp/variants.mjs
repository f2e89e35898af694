// Makes variants by sharp: `node variants.mjs THREADS PLAN FOLDER PHOTO...`.
//
// PLAN is JSON, `[{edge, width, height, formats}]`, the largest first. Prints the versions of sharp
// and its libraries as JSON. Then, for each line of photo numbers on stdin, it writes the variants
// of those photos into FOLDER, THREADS photos at a time, and prints the CPU seconds.

import { createInterface } from "node:readline";
import sharp from "sharp";

const [threads, plan, folder, ...photos] = process.argv.slice(2);

// As in services/processing, imaging/steps/make_variants.py.
const OPTIONS = {
  jpeg: { quality: 80, progressive: true },
  webp: { quality: 80, effort: 2 },
  avif: { quality: 55, effort: 0, chromaSubsampling: "4:2:0" },
};

// A resize in a chain takes half the CPU time of `clone()`, which decodes the photo for each file.
async function makeVariants(number) {
  let image = sharp(photos[number]).autoOrient();
  for (const { edge, width, height, formats } of JSON.parse(plan)) {
    const { data, info } = await image
      .resize(width, height, { fit: "fill" })
      .raw()
      .toBuffer({ resolveWithObject: true });
    for (const format of formats) {
      await sharp(data, { raw: info })
        .toFormat(format, OPTIONS[format])
        .toFile(`${folder}/${number}-${edge}.${format}`);
    }
    image = sharp(data, { raw: info });
  }
}

async function drain(numbers) {
  while (numbers.length > 0) await makeVariants(numbers.shift());
}

// One thread an image and no cache of operations, as in processing's children.
sharp.concurrency(1);
sharp.cache(false);
console.log(JSON.stringify(sharp.versions));
for await (const line of createInterface({ input: process.stdin })) {
  const numbers = JSON.parse(line);
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: Number(threads) }, () => drain(numbers)));
  const { user, system } = process.cpuUsage(before);
  console.log((user + system) / 1e6);
}
