/** The sign of PicHaven; public/favicon.svg has the same drawing. */
export function Logo({ className }: { readonly className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={className}>
      <rect width="32" height="32" rx="9" fill="#3b5bdb" />
      <path
        d="M5 24.5 12.2 14.3a1.5 1.5 0 0 1 2.45 0l4.05 5.7 2.3-2.95a1.5 1.5 0 0 1 2.37 0L28 24.5z"
        fill="#fff"
      />
      <circle cx="21.5" cy="10.5" r="2.7" fill="#fff" opacity=".75" />
    </svg>
  );
}
