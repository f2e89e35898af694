import type { ReactNode } from "react";
import { Logo } from "@/ui/logo";

interface Props {
  readonly title: string;
  readonly subtitle: string;
  readonly children: ReactNode;
}

/** Tiles as a wall of photographs: their width against their height, and two colours. */
const TILES: readonly (readonly [ratio: number, from: string, to: string])[] = [
  [1.5, "#f7b267", "#f4845f"],
  [0.8, "#355070", "#6d597a"],
  [1.2, "#84a59d", "#f6bd60"],
  [0.75, "#2a9d8f", "#264653"],
  [1.6, "#a8dadc", "#457b9d"],
  [1, "#e56b6f", "#b56576"],
  [1.4, "#588157", "#a3b18a"],
  [1.1, "#ffcdb2", "#b5838d"],
  [0.9, "#4361ee", "#4cc9f0"],
  [1.7, "#f28482", "#f5cac3"],
  [0.7, "#606c38", "#dda15e"],
  [1.3, "#5e548e", "#be95c4"],
  [1.5, "#00b4d8", "#90e0ef"],
  [0.8, "#bc6c25", "#fefae0"],
];

/** The frame of the screens for people who are not signed in. */
export function AccountFrame({ title, subtitle, children }: Props) {
  return (
    <div className="grid min-h-dvh lg:grid-cols-[minmax(26rem,34rem)_1fr]">
      <main className="flex flex-col justify-center px-6 py-10 sm:px-12">
        <div className="mx-auto w-full max-w-sm">
          <p className="mb-10 flex items-center gap-2.5 text-lg font-semibold tracking-tight">
            <Logo className="size-9" />
            PicHaven
          </p>
          <h1 className="text-2xl font-semibold">{title}</h1>
          <p className="mt-1 mb-7 text-ink-soft">{subtitle}</p>
          {children}
        </div>
      </main>
      <div
        aria-hidden
        className="hidden overflow-hidden bg-sunken p-3 lg:flex lg:flex-wrap lg:content-between lg:gap-3"
      >
        {TILES.map(([ratio, from, to]) => (
          <div
            key={from}
            className="h-[calc((100dvh-3.75rem)/4)] rounded-xl opacity-90 dark:opacity-75"
            style={{
              flexGrow: ratio,
              flexBasis: `${ratio * 8}rem`,
              backgroundImage: `linear-gradient(160deg, ${from}, ${to})`,
            }}
          />
        ))}
      </div>
    </div>
  );
}
