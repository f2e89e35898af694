"""The use case behind `POST /internal/embed/image`."""

from pichaven_ml.inference.batching import Urgency
from pichaven_ml.inference.decoding_pool import DecodingPool
from pichaven_ml.inference.model_runtime import ModelRuntime
from pichaven_ml.models.card import Vector


class EmbedPicture:
    """Embed a picture that a person sent, which may be any bytes."""

    def __init__(self, runtime: ModelRuntime, decode: DecodingPool) -> None:
        self._runtime = runtime
        self._decode = decode

    async def __call__(self, data: bytes, owner_id: str) -> Vector:
        """Raises `UnreadablePicture`, `TooManyPixels`, `TooBusy`, `ModelLoading`."""
        pixels = await self._decode(data, self._runtime.card.preprocessing, owner_id)
        return await self._runtime.embed_pixels(pixels, Urgency.INTERACTIVE)
