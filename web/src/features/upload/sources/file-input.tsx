import type { Ref } from "react";
import { addFiles } from "../uploads";
import { useAddUploads } from "./use-add-uploads";

interface Props {
  readonly ref: Ref<HTMLInputElement>;
  readonly accept: string;
  readonly multiple?: boolean;
  readonly folder?: boolean;
  readonly capture?: "environment";
}

/** The input behind a button; what is chosen is uploaded. */
export function FileInput({ ref, accept, multiple = false, folder = false, capture }: Props) {
  const add = useAddUploads();
  return (
    <input
      ref={ref}
      type="file"
      accept={accept}
      multiple={multiple}
      webkitdirectory={folder ? "" : undefined}
      capture={capture}
      hidden
      onChange={(event) => {
        const files = [...(event.target.files ?? [])];
        // The same files may be chosen again.
        event.target.value = "";
        if (files.length > 0) add(() => addFiles(files));
      }}
    />
  );
}
