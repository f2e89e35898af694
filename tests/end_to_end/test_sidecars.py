"""An XMP file beside a photo: from the folder to what is found, and back into a folder."""

import asyncio
import os
import sys
from pathlib import Path

from testing.api_client import ApiClient
from testing.images import jpeg
from testing.polling import eventually

XMP = b"""<x:xmpmeta xmlns:x='adobe:ns:meta/'>
<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
<rdf:Description rdf:about='' xmlns:xmp='http://ns.adobe.com/xap/1.0/'
 xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:exif='http://ns.adobe.com/exif/1.0/'
 xmp:Rating='5' exif:DateTimeOriginal='2019-05-05T08:00:00+09:00'>
<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>Quokkas at breakfast</rdf:li></rdf:Alt>
</dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"""


async def _cli(person: ApiClient, home: Path, *arguments: str) -> str:
    """Run `pichaven` as the person and return what it prints."""
    key = await person.json(
        "POST", "/me/api-keys", json={"name": "cli", "scopes": ["photos:read", "photos:write"]}
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pichaven_cli", *arguments),
        env=os.environ
        | {
            "PICHAVEN_URL": str(person.http.base_url).split("/api/v1")[0],
            "PICHAVEN_API_KEY": key["api_key"],
            "XDG_CONFIG_HOME": str(home),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


async def test_a_sidecar_goes_with_its_photo_and_its_words_are_found(
    person: ApiClient, tmp_path: Path
) -> None:
    folder = tmp_path / "from"
    folder.mkdir()
    (folder / "quokka.jpg").write_bytes(jpeg(4601))
    (folder / "quokka.jpg.xmp").write_bytes(XMP)

    output = await _cli(person, tmp_path, "upload", str(folder), "--wait")

    assert "1 file = 1 uploaded" in output
    day = {"date": "2026-05-05"}
    [year] = (await person.json("GET", "/timeline/on-this-day", params=day))["items"]
    [item] = year["photos"]
    photo = await person.wait_until_ready(item["id"])
    assert (year["year"], photo["rating"]) == (2019, 5)
    assert (photo["caption"], photo["taken_at_offset"]) == ("Quokkas at breakfast", "+09:00")
    sidecar = await person.storage.get(photo["sidecar_url"])
    assert sidecar.content == XMP
    assert "attachment" in sidecar.headers["content-disposition"]
    hit = await person.wait_for_hit(photo["id"], q="breakfast")
    assert (await person.storage.get(hit["photo"]["sidecar_url"])).content == XMP

    await _cli(person, tmp_path, "time", "shift", "--by=1d", "--yes", "--from", "2019-05-05")
    assert (await person.photo(photo["id"]))["taken_at_local"] == "2019-05-06T08:00:00"
    output = await _cli(person, tmp_path, "on-this-day", "--date", "2026-05-06")
    assert output == f"2019\n  08:00  {photo['id']}\n"
    await _cli(person, tmp_path, "download", photo["id"], "--to", str(tmp_path / "to"))
    assert (tmp_path / "to" / "quokka.jpg.xmp").read_bytes() == XMP

    await person.json("DELETE", f"/photos/{photo['id']}")
    await person.json("DELETE", f"/trash/{photo['id']}")

    async def is_gone() -> bool:
        return (await person.storage.get(photo["sidecar_url"])).status_code == 404

    await eventually(is_gone, "the sidecar is deleted", 30)
