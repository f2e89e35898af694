import { Link } from "@tanstack/react-router";
import { MapPinOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import { LINK_BUTTON } from "@/ui/button";
import { MessageScreen } from "@/ui/message-screen";
import { usePageTitle } from "@/ui/page-title";

export function NotFoundScreen() {
  const { t } = useTranslation();
  usePageTitle(t("notFound.title"));
  return (
    <main>
      <MessageScreen
        main
        icon={<MapPinOff className="size-7" />}
        title={t("notFound.title")}
        hint={t("notFound.hint")}
      >
        <Link to="/" className={LINK_BUTTON}>
          {t("notFound.home")}
        </Link>
      </MessageScreen>
    </main>
  );
}
