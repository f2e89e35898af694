/** Takes pictures to search by: dropped, pasted or chosen. */

import { useNavigate, useSearch } from "@tanstack/react-router";
import { type ClipboardEvent, type DragEvent, useCallback, useState } from "react";
import { firstPicture, holdPicture } from "./held-picture";
import { filtersOf, readSearchAddress } from "./search-address";

/** Return a function that searches by a picture, among the photos of the filters there are. */
export function useSearchByPicture(): (picture: File) => void {
  const navigate = useNavigate();
  const search: Record<string, unknown> = useSearch({ strict: false });
  return useCallback(
    (picture) => {
      void holdPicture(picture).then((key) =>
        navigate({
          to: "/search",
          search: { ...filtersOf(readSearchAddress(search)), picture: key },
        }),
      );
    },
    [navigate, search],
  );
}

/**
 * Return properties of an element on which a picture is dropped or pasted to search by it.
 *
 * Elsewhere in the window a picture is uploaded: `defaultPrevented` tells that it was taken here.
 */
export function usePictureTarget(take: (picture: File) => void) {
  const [isOver, setIsOver] = useState(false);

  const onDrag = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    setIsOver(true);
  };

  const onDragLeave = (event: DragEvent) => {
    const to = event.relatedTarget;
    if (!(to instanceof Node) || !event.currentTarget.contains(to)) setIsOver(false);
  };

  const onDrop = (event: DragEvent) => {
    setIsOver(false);
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    const picture = firstPicture(event.dataTransfer.files);
    if (picture !== undefined) take(picture);
  };

  const onPaste = (event: ClipboardEvent) => {
    const picture = firstPicture(event.clipboardData.files);
    if (picture === undefined) return;
    event.preventDefault();
    take(picture);
  };

  return {
    isOver,
    targetProps: {
      onDragEnter: onDrag,
      onDragOver: onDrag,
      onDragLeave,
      onDrop,
      onPaste,
    },
  };
}
