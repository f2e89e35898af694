export const viewer = {
  "viewer.title": "Photo",
  "viewer.close": "Close",
} as const;
