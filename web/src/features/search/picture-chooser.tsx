import { type ReactNode, useRef } from "react";
import { firstPicture } from "./held-picture";

interface Props {
  readonly onPicture: (picture: File) => void;
  /** Return the button that opens the file picker. */
  readonly children: (open: () => void) => ReactNode;
}

export function PictureChooser({ onPicture, children }: Props) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      {children(() => input.current?.click())}
      <input
        ref={input}
        type="file"
        accept="image/*"
        hidden
        onChange={(event) => {
          const picture = firstPicture(event.target.files);
          // The same file may be chosen again.
          event.target.value = "";
          if (picture !== undefined) onPicture(picture);
        }}
      />
    </>
  );
}
