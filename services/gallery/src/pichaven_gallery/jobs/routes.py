"""`/jobs`: one action on every photo of a query."""

from fastapi import APIRouter, Request, Response, status

from pichaven_chassis.etags import NOT_MODIFIED, tagged_by_content
from pichaven_chassis.ids import PathId
from pichaven_chassis.parameters import InvalidDate
from pichaven_chassis.problems import InvalidRequest, NotFound, Unauthorized, problem_responses
from pichaven_gallery.access.dependencies import ReadingViewer, WritingViewer
from pichaven_gallery.container import Injected
from pichaven_gallery.jobs.model import TooManyJobs
from pichaven_gallery.jobs.schemas import Job, JobReceipt, JobRequest
from pichaven_gallery.photos.errors import InvalidTag

router = APIRouter(prefix="/jobs", tags=["jobs"])


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problem_responses(
        Unauthorized, NotFound, InvalidRequest, InvalidDate, InvalidTag, TooManyJobs
    ),
)
async def start_job(request: JobRequest, viewer: WritingViewer, container: Injected) -> JobReceipt:
    """Do the action of a batch to every photo of a list, in the background.

    The jobs of an owner run one after another, through restarts; each photo is changed once.
    """
    job_id = await container.start_job(
        viewer,
        request.action,
        request.to_values(),
        query=request.query.to_query() if request.query else None,
        photo_ids=request.ids or (),
        changed_by=request.changed_by,
    )
    return JobReceipt(job_id=job_id)


@router.get(
    "/{job_id}",
    response_model=Job,
    responses=problem_responses(Unauthorized, NotFound) | NOT_MODIFIED,
)
async def show_job(
    job_id: PathId, viewer: ReadingViewer, request: Request, container: Injected
) -> Response:
    """How far a job is."""
    body = Job.from_job(await container.get_job(job_id, viewer)).model_dump_json()
    return tagged_by_content(request, body)
