import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/api/client";
import type { components } from "@/api/schema";
import { branchOff, currentSequence, useStepPhoto } from "@/features/photos/open-photo";
import type { PhotoDetail } from "../photo-query";
import { pictureSources } from "../picture-sources";
import { Section } from "./section";

type Photo = components["schemas"]["Photo"];

const LIMIT = 12;

/** Photos that look alike, each of which opens in the viewer. */
export function SimilarPhotos({ photo }: { readonly photo: PhotoDetail }) {
  const { t } = useTranslation();
  const step = useStepPhoto();
  const isAnalyzed = photo.analysis?.state === "done" && photo.trashed_at == null;
  const { data } = useQuery({
    queryKey: ["similar", photo.id],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/photos/{photo_id}/similar", {
          params: { path: { photo_id: photo.id }, query: { limit: LIMIT, variants: "150,400" } },
          signal,
        }),
      ),
    enabled: isAnalyzed,
  });
  const photos = data?.items.map((hit) => hit.photo) ?? [];
  if (photos.length === 0) return null;
  const open = (photoId: string) => {
    const ids = photos.map(({ id }) => id);
    step(photoId, branchOff(currentSequence(), photo.id, ids));
  };
  return (
    <Section title={t("viewer.similar")}>
      <ul
        aria-label={t("viewer.similar")}
        className="-mx-5 flex gap-1.5 overflow-x-auto px-5 py-1 [scrollbar-width:thin]"
      >
        {photos.map((each) => (
          <SimilarPhoto key={each.id} photo={each} onOpen={() => open(each.id)} />
        ))}
      </ul>
    </Section>
  );
}

function SimilarPhoto({ photo, onOpen }: { readonly photo: Photo; readonly onOpen: () => void }) {
  const sources = pictureSources(photo.variants);
  return (
    <li className="shrink-0">
      <a
        href={`/photos/${photo.id}`}
        aria-label={photo.caption || photo.filename}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          onOpen();
        }}
        className="block size-24 overflow-hidden rounded-lg bg-sunken"
      >
        {sources && (
          <img
            src={sources.small}
            alt=""
            loading="lazy"
            decoding="async"
            className="size-full object-cover"
          />
        )}
      </a>
    </li>
  );
}
