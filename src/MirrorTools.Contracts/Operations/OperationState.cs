namespace MirrorTools.Contracts.Operations;

/// <summary>The state of a long operation of the agent.</summary>
public enum OperationState
{
    /// <summary>It works.</summary>
    Running,

    /// <summary>It is done.</summary>
    Succeeded,

    /// <summary>It failed; the error says why.</summary>
    Failed,

    /// <summary>It was canceled.</summary>
    Canceled,
}
