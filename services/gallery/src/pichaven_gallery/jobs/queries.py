"""Reading one job."""

from pichaven_chassis.problems import NotFound
from pichaven_gallery.access.viewer import Viewer
from pichaven_gallery.jobs.model import Job
from pichaven_gallery.jobs.repository import JobRepository


class GetJob:
    """Return one of the viewer's jobs. Raises `NotFound`."""

    def __init__(self, jobs: JobRepository) -> None:
        self._jobs = jobs

    async def __call__(self, job_id: str, viewer: Viewer) -> Job:
        job = await self._jobs.get(job_id)
        if job is None or job.owner_id != viewer.user_id:
            raise NotFound("There is no job with this id.")
        return job
