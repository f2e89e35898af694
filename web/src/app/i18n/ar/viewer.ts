export const viewer = {
  "viewer.title": "صورة",
  "viewer.close": "إغلاق",
} as const;
