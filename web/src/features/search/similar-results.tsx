import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { usePageTitle } from "@/ui/page-title";
import { LookalikeResults } from "./lookalike-results";
import { PatternHeader } from "./pattern-header";
import { photoQuery, similarQuery } from "./search-queries";

interface Props {
  readonly photoId: string;
  readonly onEnd: () => void;
}

/** Photos that look like one of the library. */
export function SimilarResults({ photoId, onEnd }: Props) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(similarQuery(photoId));
  const { data: photo } = useQuery(photoQuery(photoId));
  const name = photo ? photo.caption || photo.filename : "";
  usePageTitle(t("search.similar.title"));
  return (
    <LookalikeResults
      header={
        <PatternHeader
          title={t("search.similar.title")}
          name={name}
          src={photo?.variants.find(({ format }) => format !== "avif")?.url}
          label={t("search.similar.chip")}
          onEnd={onEnd}
        />
      }
      answer={data}
      error={error}
      onRetry={() => void refetch()}
    />
  );
}
