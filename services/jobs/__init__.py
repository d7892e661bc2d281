"""Long work: jobs of many tasks, carried out by the worker, each task once."""

from services.jobs.job import Job, JobNotFound, State
from services.jobs.job_service import MAX_TASKS, JobMoved, JobService, Task, TaskResult

__all__ = ["MAX_TASKS", "Job", "JobMoved", "JobNotFound", "JobService", "State", "Task", "TaskResult"]
