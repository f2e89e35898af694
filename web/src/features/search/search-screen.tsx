import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { PictureResults } from "./picture-results";
import { isBlank, readSearchAddress, type SearchAddress } from "./search-address";
import { SimilarResults } from "./similar-results";
import { StartScreen } from "./start-screen";
import { TextResults } from "./text-results";

/** Results of what the address says; without anything there, ways to begin. */
export function SearchScreen() {
  const navigate = useNavigate();
  const address = readSearchAddress(useSearch({ from: "/signed-in/search" }));
  const change = useCallback(
    (search: SearchAddress) => void navigate({ to: "/search", search, resetScroll: true }),
    [navigate],
  );
  if (address.similar_to !== undefined) {
    return <SimilarResults photoId={address.similar_to} onEnd={() => change({})} />;
  }
  if (address.picture !== undefined) return <PictureResults address={address} onChange={change} />;
  if (isBlank(address)) return <StartScreen onChange={change} />;
  return <TextResults address={address} onChange={change} />;
}
