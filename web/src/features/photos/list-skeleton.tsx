/** Boxes of the usual ratios, until the first photos are known. */
const RATIOS = [1.5, 0.75, 1.5, 1.33, 0.66, 1.5, 1.33, 1.5, 0.75, 1.33] as const;

export function ListSkeleton() {
  return (
    <div aria-hidden className="flex flex-wrap gap-1">
      {RATIOS.map((ratio, index) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
          key={index}
          className="animate-pulse rounded-sm bg-sunken motion-reduce:animate-none"
          style={{ flexGrow: ratio, flexBasis: `${ratio * 11}rem`, aspectRatio: ratio }}
        />
      ))}
    </div>
  );
}
