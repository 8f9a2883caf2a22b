"""Addresses of the pages about learning and figures."""

from __future__ import annotations

from django.urls import path

from guildhall.console import figures_page, figures_rows, models_page, training

urlpatterns = [
    path("training/", training.training, name="training"),
    path("training/undo/", training.training_undo, name="training-undo"),
    path("training/<str:row_id>/look/", training.training_look, name="training-look"),
    path("models/", models_page.models, name="models"),
    path("models/train/", models_page.models_train, name="models-train"),
    path("models/back/", models_page.model_back, name="model-back"),
    path("models/<str:version_id>/live/", models_page.model_live, name="model-live"),
    path("figures/", figures_page.figures_page, name="figures"),
    path("figures/rows/", figures_rows.figures_rows, name="figures-rows"),
    path("figures/export.csv", figures_page.figures_export, name="figures-export"),
]
