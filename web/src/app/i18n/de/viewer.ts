export const viewer = {
  "viewer.title": "Foto",
  "viewer.close": "Schließen",
} as const;
