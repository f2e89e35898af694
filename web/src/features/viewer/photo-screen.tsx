import { useNavigate, useParams } from "@tanstack/react-router";
import { PhotoViewer } from "./photo-viewer";

/** A photo by its address alone, with nothing behind it. */
export function PhotoScreen() {
  const { photoId } = useParams({ from: "/signed-in/photos/$photoId" });
  const navigate = useNavigate();
  return <PhotoViewer photoId={photoId} onClose={() => void navigate({ to: "/" })} />;
}
