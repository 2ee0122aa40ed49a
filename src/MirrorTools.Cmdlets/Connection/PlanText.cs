using MirrorTools.Cmdlets.Display;
using MirrorTools.Contracts.Plans;

namespace MirrorTools.Cmdlets.Connection;

/// <summary>A plan's numbers in words, for -WhatIf and for the question before something grave.</summary>
internal static class PlanText
{
    /// <summary>Writes them.</summary>
    public static string Of(PlanInfo plan)
    {
        List<string> parts = [];
        var time = plan.TimeMs is { } ms ? $" in about {DurationText.Of(TimeSpan.FromMilliseconds(ms))}" : "";
        parts.Add($"Bytes to move: {SizeText.Of(plan.BytesToMove)}{time}.");
        if (plan.DataLossAfterMs is { } loss)
        {
            parts.Add($"RPO after it: {DurationText.Of(TimeSpan.FromMilliseconds(loss))}.");
        }

        parts.Add($"Points lost: {plan.PointsLost}.");
        if (plan.BytesDeleted > 0)
        {
            parts.Add($"Bytes deleted: {SizeText.Of(plan.BytesDeleted)}.");
        }

        if (plan.GrainsDiscarded > 0)
        {
            parts.Add($"Changed grains given up: {plan.GrainsDiscarded}.");
        }

        return string.Join(" ", parts.Concat(plan.Warnings));
    }
}
