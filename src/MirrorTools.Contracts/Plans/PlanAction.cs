namespace MirrorTools.Contracts.Plans;

/// <summary>An action whose numbers can be asked for.</summary>
public enum PlanAction
{
    /// <summary>New-MirrorPair.</summary>
    NewPair,

    /// <summary>Remove-MirrorPair.</summary>
    RemovePair,

    /// <summary>Suspend-MirrorPair.</summary>
    SuspendPair,

    /// <summary>Resume-MirrorPair.</summary>
    ResumePair,

    /// <summary>Start-FlashcopyCycle.</summary>
    StartCycle,

    /// <summary>Stop-FlashcopyCycle.</summary>
    StopCycle,
}
