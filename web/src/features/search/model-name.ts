/** Return the name of a model without the digests of its parameters: `name/weights/embedding`. */
export function modelName(model: string): string {
  return model.split("/", 1)[0] ?? model;
}
