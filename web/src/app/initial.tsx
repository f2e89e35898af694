import { useQuery } from "@tanstack/react-query";
import { profileQuery } from "@/features/account/profile";

/** The first letter of the name of the person who is signed in. */
export function Initial() {
  const { data: profile } = useQuery(profileQuery);
  return (
    <span
      aria-hidden
      className="grid size-9 place-items-center rounded-full bg-accent text-sm font-semibold text-on-accent"
    >
      {[...(profile?.name ?? "")][0]?.toLocaleUpperCase() ?? ""}
    </span>
  );
}
