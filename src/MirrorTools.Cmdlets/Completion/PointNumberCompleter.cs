namespace MirrorTools.Cmdlets.Completion;

/// <summary>Completes numbers of the consistency points of the pair that is typed.</summary>
public sealed class PointNumberCompleter : PointCompleter
{
    /// <inheritdoc/>
    protected override bool TakesNames => false;
}
