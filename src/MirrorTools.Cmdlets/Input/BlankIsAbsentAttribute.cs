using System.Management.Automation;

namespace MirrorTools.Cmdlets.Input;

/// <summary>Takes an empty text as no value at all, as the empty cells of a CSV file mean it.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class BlankIsAbsentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var data = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return data is string text && text.Trim().Length == 0 ? null : inputData;
    }
}
