export const searching = {} as const;
