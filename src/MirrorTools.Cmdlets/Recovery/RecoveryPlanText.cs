using MirrorTools.Cmdlets.Display;
using MirrorTools.Contracts.Recovery;

namespace MirrorTools.Cmdlets.Recovery;

/// <summary>The numbers of a recovery in words, for -WhatIf and for the question before it.</summary>
internal static class RecoveryPlanText
{
    /// <summary>Writes them.</summary>
    public static string Of(RecoveryPlan plan)
    {
        var text = $"It shows the point {plan.Point} of {plan.PointTime}: RPO {Milliseconds(plan.DataLossMs)}, writes since then are lost. "
            + $"Hosts may have it after about {Milliseconds(plan.RecoveryTimeMs)}. Bytes to move: {SizeText.Of(plan.BytesToMove)}. "
            + $"Points lost: {plan.PointsLost}. Uncommitted grains given up: {plan.GrainsDiscarded}. Source: {plan.SourceState}.";
        if (plan.ForceNeeded)
        {
            text += " It needs -Force.";
        }

        return string.Join(" ", new[] { text }.Concat(plan.Warnings));
    }

    private static string Milliseconds(long milliseconds) => DurationText.Of(TimeSpan.FromMilliseconds(milliseconds));
}
