"""What becomes of each public option and hook of Flask-Admin's views.

Every name that BaseModelView has is in one of the three groups below. A view that sets an option which is refused
cannot be made: the error names it and says what to use. A test compares the groups with the installed Flask-Admin.
"""

from typing import Any

from flask_admin._backwards import ObsoleteAttr
from pynamodb.models import Model

HONOURED = frozenset(
    """
    can_create can_edit can_delete can_view_details can_export can_set_page_size
    list_template edit_template create_template details_template extra_css extra_js
    column_list column_exclude_list column_details_list column_details_exclude_list column_export_list
    column_export_exclude_list column_formatters column_formatters_export column_formatters_detail
    column_type_formatters column_type_formatters_export column_type_formatters_detail column_labels
    column_descriptions column_sortable_list column_default_sort column_searchable_list column_editable_list
    column_filters column_display_pk column_display_actions
    form_base_class form_args form_columns form_excluded_columns form_widget_args
    action_disallowed_list export_max_rows page_size page_size_options
    get_column_name get_column_names get_list_columns get_details_columns get_export_columns get_export_name
    scaffold_list_columns scaffold_filters is_valid_filter handle_filter get_filters init_search search_placeholder
    get_empty_list_message
    scaffold_form get_form get_create_form get_edit_form create_form edit_form validate_form on_form_prefill
    create_model on_model_change after_model_change on_model_delete after_model_delete get_one
    get_save_return_url is_action_allowed
    index_view create_view edit_view details_view delete_view action_view export ajax_lookup ajax_update
    render get_url is_visible is_accessible inaccessible_callback create_blueprint
    """.split()  # noqa: SIM905  (one name a line would be three pages)
)

REFUSED = {
    "edit_modal": "forms have pages of their own",
    "create_modal": "forms have pages of their own",
    "details_modal": "details have a page of their own",
    "edit_modal_template": "forms have pages of their own; set edit_template",
    "create_modal_template": "forms have pages of their own; set create_template",
    "details_modal_template": "details have a page of their own; set details_template",
    "column_choices": "declare choices, which cells, forms and editors share",
    "column_extra_row_actions": "override the block grid_row of the list template",
    "form": "declare form_columns and grid_fields",
    "form_overrides": "declare the field in grid_fields, with its kind",
    "form_extra_fields": "declare the field in grid_fields",
    "form_ajax_refs": "declare choices",
    "form_rules": "form_columns gives the order; override the block grid_form of the templates",
    "form_edit_rules": "form_columns gives the order; override the block grid_form of edit_template",
    "form_create_rules": "form_columns gives the order; override the block grid_form of create_template",
    "export_types": "the export is CSV",
    "named_filter_urls": "filters always have readable URLs",
    "get_pk_value": "the source gives the key of a row: override its pk",
    "get_list_row_actions": "override the block grid_row of the list template",
    "scaffold_sortable_columns": "override served_columns, which is asked with the filters in use",
    "get_sortable_columns": "override served_columns, which is asked with the filters in use",
    "is_sortable": "override served_columns",
    "is_editable": "declare column_editable_list",
    "get_filter_arg": "give the filter a name",
    "get_invalid_value_msg": "raise ValueError in the filter's conditions",
    "get_safe_page_size": "declare page_size_options",
    "get_list": "override list_conditions, or give the view a source",
    "update_model": "override on_model_change, or the source's update",
    "delete_model": "override on_model_delete, or the source's delete",
    "handle_view_exception": "raise Refused or wtforms' ValidationError in a hook or the source",
    "get_list_value": "override text_of, or declare column_formatters",
    "get_detail_value": "override text_of, or declare column_formatters_detail",
    "get_export_value": "override export_value, or declare column_formatters_export",
    "scaffold_list_form": "an inline editor follows from its field; declare grid_fields",
    "get_list_form": "an inline editor follows from its field; declare grid_fields",
    "list_form": "an inline editor follows from its field; declare grid_fields",
    "get_delete_form": "override on_model_delete",
    "delete_form": "override on_model_delete",
    "get_action_form": "override is_action_allowed",
    "action_form": "override is_action_allowed",
    "init_actions": "mark methods with @bulk_action",
    "get_actions_list": "override bulk_actions",
    "handle_action": "mark methods with @bulk_action",
}

WITHOUT_EFFECT = {
    "simple_list_pager": "pages are linked by cursors, so that no pager ever shows the number of pages",
}

_WRITE_HOOKS = ("on_model_change", "after_model_change", "on_model_delete", "after_model_delete")
_FORM_ARGUMENTS = frozenset({"label", "description", "validators", "filters", "default", "render_kw"})


def overrides(view: Any, name: str) -> bool:
    """Tells whether a project's class, and not Flask-Admin or this package, says what a name of a view is."""
    owner = next(each for each in type(view).__mro__ if name in vars(each))
    return not _is_ours(owner)


def refuse_unsupported(view: Any) -> None:
    """Raises TypeError for an option that would be ignored; called before Flask-Admin reads any of them."""
    for name, instead in REFUSED.items():
        if overrides(view, name) and not _says_nothing(getattr(view, name), _inherited(view, name)):
            _refuse(view, name, instead)
    if getattr(view, "_actions", ()):
        _refuse(view, "@action", "mark methods with @bulk_action")
    if len(view.column_searchable_list or ()) > 1 and not overrides(view, "search_conditions"):
        _refuse(view, "column_searchable_list", "one column is searched; override search_conditions for more")
    if view.column_default_sort is not None and view.default_sort is not None:
        _refuse(view, "column_default_sort", "default_sort is set as well")
    if isinstance(view.column_default_sort, list) and len(view.column_default_sort) != 1:
        _refuse(view, "column_default_sort", "a list is sorted by one column")
    if _is_model(view.model):
        _refuse_empty_columns(view)
    else:
        hook = next((name for name in _WRITE_HOOKS if overrides(view, name)), None)
        if hook is not None:
            _refuse(view, hook, "it needs a PynamoDB model; write in the source")
    _refuse_unnames_in_lists(view)


def _says_nothing(value: Any, inherited: Any) -> bool:
    value = list(value) if isinstance(value, tuple) else value
    return value is None or value in ([], {}, inherited)


def _inherited(view: Any, name: str) -> Any:
    """Gives what a name stands for without the project's classes."""
    owners = (each for each in type(view).__mro__ if name in vars(each) and _is_ours(each))
    value = vars(next(owners))[name]
    return value.default if isinstance(value, ObsoleteAttr) else value


def _is_ours(owner: type[Any]) -> bool:
    return owner.__module__.startswith(("flask_admin.", "pynamodb_grid.admin."))


def _is_model(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, Model)


def _refuse_unnames_in_lists(view: Any) -> None:
    """Finds names of fields that do not exist: they would do nothing."""
    fields = set(view.fields)
    for option in (
        "column_editable_list",
        "form_columns",
        "form_excluded_columns",
        "form_args",
        "form_widget_args",
    ):
        unknown = next((name for name in getattr(view, option) or () if name not in fields), None)
        if unknown is not None:
            _refuse(view, option, f"there is no field {unknown!r}")
    for name in view.column_sortable_list or ():
        if not isinstance(name, str):
            _refuse(view, "column_sortable_list", "a column is sorted by its own field")
    for name, arguments in (view.form_args or {}).items():
        unknown = next((each for each in arguments if each not in _FORM_ARGUMENTS), None)
        if unknown is not None:
            _refuse(
                view,
                "form_args",
                f"{unknown!r} of {name!r} is not one of {', '.join(sorted(_FORM_ARGUMENTS))}",
            )


def _refuse_empty_columns(view: Any) -> None:
    """Finds columns that are neither an attribute nor drawn by a formatter: all their cells would be empty."""
    lists = (("column_list", "column_formatters"), ("column_details_list", "column_formatters_detail"))
    for option, formatters in (*lists, ("column_export_list", "column_formatters_export")):
        drawn = {*view.fields, *(view.column_formatters or ()), *(getattr(view, formatters) or ())}
        for name in getattr(view, option) or ():
            if name not in drawn and not hasattr(view.model, name):
                _refuse(view, option, f"there is no field {name!r}, and no formatter for it")


def _refuse(view: Any, option: str, instead: str) -> None:
    raise TypeError(f"{type(view).__name__}.{option} is not supported by pynamodb_grid: {instead}.")
