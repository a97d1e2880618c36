"""The report as a Word document."""

from gridsim.report.docx.document import docx_bytes
from gridsim.report.docx.keys import docx_numbers
from gridsim.report.docx.template import default_template, template_problems

__all__ = ["default_template", "docx_bytes", "docx_numbers", "template_problems"]
