namespace MirrorTools.Agent.Commands;

/// <summary>What the process ends with.</summary>
internal static class ExitCodes
{
    public const int Success = 0, Failure = 1, Usage = 2, StateInUse = 3;
}
